"""VIP threads in the daemon: settings, what goes between Discord and Telegram, the place in the tree."""
