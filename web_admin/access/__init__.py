"""Who may do what: logins, sessions, roles, and the guard before every route."""
