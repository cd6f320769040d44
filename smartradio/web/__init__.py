"""Operators' pages and HTTP API."""
