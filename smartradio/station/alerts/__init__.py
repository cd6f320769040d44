"""The book of alerts: drafted, sent, said again, updated, cancelled, each with all its airings and who did what."""
