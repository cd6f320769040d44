"""A wav2vec 2.0 and a Whisper model with random weights, saved as such models are published."""

from __future__ import annotations

import json
from pathlib import Path

_LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụ"
_WHISPERED = tuple("abcdghiklmnopqrstuvxy")
_TIMES = 1501


def write_wav2vec2(folder: Path, *, seed: int = 7, safe: bool = True) -> Path:
    """Write config, weights, feature extractor and vocabulary of a CTC model into `folder`; return `folder`."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    signs = ["<pad>", "<s>", "</s>", "<unk>", "|", *_LETTERS]
    (folder / "vocab.json").write_text(json.dumps({sign: at for at, sign in enumerate(signs)}), encoding="utf-8")
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), tokenizer).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    model = Wav2Vec2ForCTC(
        Wav2Vec2Config(
            vocab_size=len(signs), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
            conv_dim=(16,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, pad_token_id=0,
            mask_time_prob=0.0, mask_feature_prob=0.0,
        )
    )  # fmt: skip
    with torch.no_grad():
        # Loud enough that letters differ from frame to frame.
        model.lm_head.weight.mul_(60)
        model.lm_head.bias[signs.index("|")] += 9.0
        model.lm_head.bias[1:4] = -100.0
    _save(model, folder, safe=safe)
    return folder


def write_whisper(folder: Path, *, seed: int = 7, alignment_heads: bool = True, safe: bool = True) -> Path:
    """Write config, weights, feature extractor and tokenizer of a Whisper model into `folder`; return `folder`."""
    import torch
    from transformers import (
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    folder.mkdir(parents=True, exist_ok=True)
    pieces = list(bytes_to_unicode().values())
    merges = [("Ġ", letter) for letter in "abcdghklmnpqrstvx"]
    pieces += ["".join(pair) for pair in merges]
    marks = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|vi|>", "<|translate|>", "<|transcribe|>"]
    marks += ["<|startoflm|>", "<|startofprev|>", "<|nocaptions|>", "<|notimestamps|>"]
    marks += [f"<|{0.02 * step:.2f}|>" for step in range(_TIMES)]
    number = {piece: at for at, piece in enumerate([*pieces, *marks])}
    vocabulary = {piece: at for piece, at in number.items() if piece in pieces or piece == marks[0]}
    tokenizer = WhisperTokenizer(vocab=vocabulary, merges=merges)
    tokenizer.add_special_tokens({"additional_special_tokens": marks[1:10]})
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    torch.manual_seed(seed)
    end, start = number["<|endoftext|>"], number["<|startoftranscript|>"]
    model = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=len(number), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
            decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, num_mel_bins=80,
            max_target_positions=64, decoder_start_token_id=start, eos_token_id=end, pad_token_id=end, bos_token_id=end,
            suppress_tokens=None, begin_suppress_tokens=None,
        )
    )  # fmt: skip
    with torch.no_grad():
        # Another letter at each place, and not the one that was put in.
        model.model.decoder.embed_positions.weight.mul_(100)
    settings = model.generation_config
    # Else the file is taken for one that holds nothing of its own.
    settings._from_model_config = False
    settings.no_timestamps_token_id = number["<|notimestamps|>"]
    settings.is_multilingual = True
    settings.lang_to_id = {mark: number[mark] for mark in ("<|en|>", "<|vi|>")}
    settings.task_to_id = {name: number[f"<|{name}|>"] for name in ("transcribe", "translate")}
    settings.suppress_tokens = [at for piece, at in number.items() if piece.strip("Ġ") not in _WHISPERED]
    if alignment_heads:
        settings.alignment_heads = [[0, 0]]
    _save(model, folder, safe=safe)
    return folder


def _save(model: object, folder: Path, *, safe: bool) -> None:
    import torch

    model.save_pretrained(folder)
    if not safe:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
