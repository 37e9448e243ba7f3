"""What somebody reported and what became of it: states, deadlines, reasons."""
