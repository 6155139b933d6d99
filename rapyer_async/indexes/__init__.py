"""Search indexes of model classes: compared with what is declared, built, swapped and described."""
