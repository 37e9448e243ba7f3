"""Reading files that came from outside: looked at before parsing, parsed in a process of its own with limits."""
