"""A VITS voice with random weights and a Vietnamese vocabulary, saved as MMS-TTS is published."""

from __future__ import annotations

import json
import math
from pathlib import Path

LOUDER = 0.3
SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "ffn_dim": 16,
    "flow_size": 16,
    "spectrogram_bins": 33,
    "upsample_initial_channel": 32,
    "upsample_rates": [8, 8, 4],
    "upsample_kernel_sizes": [16, 16, 8],
    "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3]],
    # The stochastic one draws minutes of sound from random weights; the noise of the voice itself stays.
    "use_stochastic_duration_prediction": False,
    "duration_predictor_filter_channels": 16,
    "prior_encoder_num_flows": 2,
    "prior_encoder_num_wavenet_layers": 1,
    "posterior_encoder_num_wavenet_layers": 1,
}
_VOWELS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵ"
LETTERS = f" bcdđghklmnpqrstvx{_VOWELS}"


def write_vits_voice(folder: Path, *, letters: str = LETTERS, language: str | None = "vie", **sizes: object) -> Path:
    """Write config.json, model.safetensors, vocab.json and tokenizer_config.json into `folder`; return `folder`."""
    import torch
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {letter: at for at, letter in enumerate(dict.fromkeys(letters))}
    vocabulary |= {"<pad>": len(vocabulary), "<unk>": len(vocabulary) + 1}
    source = folder / "letters.json"
    source.write_text(json.dumps(vocabulary), encoding="utf-8")
    tokenizer = VitsTokenizer(str(source), language=language, phonemize=False, is_uroman=False)
    tokenizer.save_pretrained(folder)
    source.unlink()
    torch.manual_seed(7)
    model = VitsModel(VitsConfig(vocab_size=len(vocabulary), **(SMALL | sizes)))
    with torch.no_grad():
        # Two frames of 16 ms a letter or blank, as in real speech, and loud enough to be heard.
        model.duration_predictor.proj.weight.zero_()
        model.duration_predictor.proj.bias.fill_(math.log(1.9))
        model.decoder.conv_post.weight.mul_(LOUDER)
    model.save_pretrained(folder)
    return folder
