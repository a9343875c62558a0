"""What people do in our rooms: heard, understood, made up for where it was missed."""
