"""Speech recognisers behind one port.

The way of a clip through the files: `choosing` finds who listens; `child`, in the station's process, cuts the clip
with `stretches` and sends it to a process of its own, where `worker` takes it in. There a model makes words of it:
`ctc_worker` (the built-in one) with `decoding` and `language_model`, `vosk_worker`, or `transformers_worker`. What
comes back is a Transcript of `port`; `known_text` scores words known beforehand by its posteriors.
"""
