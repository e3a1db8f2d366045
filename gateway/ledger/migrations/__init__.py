"""The database's history: each revision as it was released, never edited afterwards."""
