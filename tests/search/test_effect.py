"""What a change of one document wins and loses, foretold without writing it, and then really done."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from core import database, jobs
from core.identity import SYSTEM
from search import configuration, embeddings, engines, understanding, watched, watching
from search.configuration import Configuration
from search.document import DocumentKey, SearchDocument
from search.effect import Effect, effect_of
from search.embeddings import Awaited
from search.finder import find_in
from search.golden import GoldenQuery, Grade, Judgement
from search.query import parse_query
from search.watched import WatchedQuery
from tests.conftest import MONDAY_MORNING
from tests.search.library import fill, put
from tests.search.stand_ins import RECIPE, AskingLetters, LetterEncoder, _Answer
from tests.search.test_evaluation import GOLDEN, sample_documents
from search.evaluation import read_judged

SHOWN = 60


class Letters(AskingLetters):
    """Encodes drafts as well, as the processes of the real encoder do."""

    def ask_passage(self, text: str, *, budget: float) -> Awaited:
        return _Answer(self._encoder.vector_of(text), self.fails_with)
