"""Users, grants, jurisdiction and sign-in: who may see and do what, where."""
