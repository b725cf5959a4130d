"""The fields of the words of the embedded index."""

from functools import cache

import tantivy

from search.engines.embedded_terms import OTHER_DAY

ALWAYS = 2**62


@cache
def schema() -> tantivy.Schema:
    """Head: title, questions, keywords. Body: the rest. Each in words and in grams; the head also by sound.

    What is of another day has fields of its own, so that the many past versions neither fill the lists of
    a query of today nor change what is rare in it.

    Single characters are left out of bodies: nearly every body has nearly all of them, so that they cost
    most of the time of a search and change nothing in what it finds.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("number", indexed=True, fast=True)
    for day in ("", OTHER_DAY):
        for field in ("head_words", "body_words", "head_grams", "body_grams", "sounds"):
            builder.add_text_field(day + field, tokenizer_name="whitespace", index_option="freq")
        builder.add_text_field(f"{day}codes", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("filters", tokenizer_name="raw", index_option="basic")
    for field in ("begins", "until"):
        builder.add_integer_field(field, fast=True)
    return builder.build()
