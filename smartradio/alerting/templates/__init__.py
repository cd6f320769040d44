"""Alert templates: words that stand ready, with fields that an officer or a gauge fills in."""
