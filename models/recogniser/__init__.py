"""The recipe of the built-in recogniser: from text to weights, on any machine."""
