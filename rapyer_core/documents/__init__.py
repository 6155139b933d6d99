"""Operations on whole documents: what each of them sends, and what its reply means."""
