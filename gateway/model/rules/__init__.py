"""The programme's rules beyond its base: earning, offers, rewards, tiers, stored value, returns."""
