"""Common Alerting Protocol 1.2: read, held against the standard's rules, written."""
