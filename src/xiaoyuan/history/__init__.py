"""What each write replaced, kept sealed so that one action or one import can be taken back exactly."""
