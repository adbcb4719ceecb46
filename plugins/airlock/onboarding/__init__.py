"""Bringing a model: a spec drafted from its data, and everything that is wrong with what people wrote."""
