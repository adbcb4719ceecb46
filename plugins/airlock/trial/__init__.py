"""Trials: what a challenger's answers must be like beside the champion's. Pure: figures in, verdict out."""
