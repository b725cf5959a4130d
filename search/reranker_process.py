"""What the reranker's own process does: a question and texts come in, probabilities go out."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST_IN_TOKENS = 512


def answering(arguments: Sequence[str]) -> Callable[[Mapping[str, Any]], bytes]:
    name, threads = arguments
    os.environ.update(  # noqa: TID251 - what the libraries read, before they are loaded
        HF_HUB_OFFLINE="1", OMP_NUM_THREADS=threads, TOKENIZERS_PARALLELISM="false"
    )
    import torch  # noqa: PLC0415 - only now does it see how many threads it may have
    from sentence_transformers import CrossEncoder  # noqa: PLC0415

    torch.set_num_threads(int(threads))
    model = CrossEncoder(name, activation_fn=torch.nn.Sigmoid(), local_files_only=True)
    model.max_seq_length = min(model.max_seq_length or LONGEST_IN_TOKENS, LONGEST_IN_TOKENS)

    def answer(request: Mapping[str, Any]) -> bytes:
        pairs = [(request["asked"], text) for text in request["texts"]]
        probabilities = model.predict(pairs, batch_size=len(pairs), show_progress_bar=False)
        return bytes(probabilities.astype("<f4").tobytes())

    return answer
