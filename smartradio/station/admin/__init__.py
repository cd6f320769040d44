"""What an administrator does at the station: accounts, settings, lexicon, models, log, backups."""
