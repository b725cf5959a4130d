"""The words of the trade as editors keep them: domain words, synonyms, fillers, confusables, pins."""
