"""Forms of the console: labels people know, a sentence beside the field that is wrong."""
