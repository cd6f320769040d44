"""Sound devices behind one port."""
