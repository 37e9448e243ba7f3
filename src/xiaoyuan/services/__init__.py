"""What a village does for its people: catalogue, requests, appointment rounds, letters."""
