"""Programs that are checked and never run; `refused_*.py` are full of mistakes, on purpose."""
