"""The Discord side of the VIP half: threads, the button and commands, and what is heard."""
