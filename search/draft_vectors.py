"""The vectors that a document will have once it is indexed: those it has already, and its new texts now."""

import time

import numpy as np

from search import engines, meaning
from search.document import SearchDocument
from search.embeddings import MeaningSlow, MeaningUnavailable
from search.encoder_worker import Vectors
from search.passages import passages_of

WHOLE_BUDGET_SECONDS = 3.0


def vectors_of(document: SearchDocument) -> Vectors:
    """Return one vector for each text. New ones are sent one by one, so that people's queries come between.

    :raises MeaningSlow: if there is too much that is new; what was made is remembered for the next time
    :raises MeaningUnavailable: if there is no encoder, or it does not work
    :raises RecipeDiffers: if the index has another model's vectors
    """
    encoder, texts = meaning.encoder(), passages_of(document)
    if encoder is None:
        raise MeaningUnavailable
    known = engines.engine().known_vectors(texts, made_by=encoder.recipe)
    until = time.monotonic() + WHOLE_BUDGET_SECONDS
    for text in texts:
        if text not in known:
            left = until - time.monotonic()
            if left <= 0:
                raise MeaningSlow
            known[text] = encoder.ask_passage(text, budget=left).vector()
    return np.stack([known[text] for text in texts])
