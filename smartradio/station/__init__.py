"""The commune's server: plan, dispatch, monitor, evidence."""
