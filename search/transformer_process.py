"""What the process of a sentence-transformers model does: texts come in, vectors go out."""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST_IN_TOKENS = 512


def answering(arguments: Sequence[str]) -> Callable[[Mapping[str, Any]], bytes]:
    told = json.loads(arguments[0])
    if "--background" in arguments:
        os.nice(19)
    os.environ.update(  # noqa: TID251 - what the libraries read, before they are loaded
        HF_HUB_OFFLINE="1", OMP_NUM_THREADS=str(told["threads"]), TOKENIZERS_PARALLELISM="false"
    )
    model = _load(told)

    def answer(request: Mapping[str, Any]) -> bytes:
        if request.get("describe"):
            return json.dumps(_described(model)).encode()
        encode = model.encode_query if request["is_query"] else model.encode_document
        prompt = told["query_prompt"] if request["is_query"] else told["passage_prompt"]
        batch = len(request["texts"])
        made = encode(request["texts"], prompt=prompt, batch_size=batch, show_progress_bar=False)
        return bytes(_unit(made[:, : told["dimension"] or None]).astype("<f4").tobytes())

    return answer


def _load(told: Mapping[str, Any]) -> Any:
    import torch  # noqa: PLC0415 - only now does it see how many threads it may have
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    torch.set_num_threads(told["threads"])
    device = None if told["device"] == "auto" else told["device"]
    model = SentenceTransformer(told["folder"], device=device, local_files_only=True)
    if model.device.type == "cpu":
        model.float()  # half numbers, in which some are published, are slow here
    if LONGEST_IN_TOKENS < (model.max_seq_length or 0) < math.inf:
        model.max_seq_length = LONGEST_IN_TOKENS
    return model


def _described(model: Any) -> dict[str, Any]:
    return {
        "dimension": model.encode_document(["1"], show_progress_bar=False).shape[1],
        "longest": model.max_seq_length if (model.max_seq_length or 0) < math.inf else None,
        "prompts": {name: prompt for name, prompt in (model.prompts or {}).items() if prompt},
        "device": str(model.device),
    }


def _unit(vectors: Any) -> Any:
    """Bring them to length one; a vector of nothing but zeros becomes NaN, which is refused."""
    return vectors / (vectors**2).sum(axis=1, keepdims=True) ** 0.5
