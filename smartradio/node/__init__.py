"""The agent on the loudspeaker node."""
