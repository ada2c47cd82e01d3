"""Times PyTorch on the cases of cases.json: eager and compiled, float32 (TensorFloat-32) and bfloat16 autocast, SDPA, fused AdamW.

Without PyTorch it says so in the results and ends with exit code 3.
"""
import argparse
import json
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default="full", help="set of cases.json")
    parser.add_argument("--device", default="cuda", help="cuda or cpu")
    parser.add_argument("--repetitions", type=int, default=30, help="steps that are timed")
    parser.add_argument("--seconds", type=float, default=180, help="begins nothing new after so many seconds")
    parser.add_argument("--out", default="torch-peer.json", help="file of the results")
    return parser.parse_args()


def finish(path, result, code):
    pathlib.Path(path).write_text(json.dumps(result, indent=2), encoding="utf-8")
    sys.exit(code)


def build(torch, case):
    """The model of a case as a module whose call gives the loss."""
    nn, functional = torch.nn, torch.nn.functional
    width, heads, inner = case["width"], case["heads"], case["feedForward"]
    size, preset = width // heads, case["kind"] == "nanochat"

    def linear(inputs, outputs):
        return nn.Linear(inputs, outputs, bias=not preset)

    def norm():
        return nn.RMSNorm(width, eps=1e-6, elementwise_affine=False) if preset else nn.LayerNorm(width)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.before_attention, self.before_inner = norm(), norm()
            self.q, self.k, self.v, self.o = (linear(width, width) for _ in range(4))
            self.up, self.down = linear(width, inner), linear(inner, width)

        def heads_of(self, x):
            return x.view(x.shape[0], x.shape[1], heads, size).transpose(1, 2)

        def forward(self, x, cos, sin):
            h = self.before_attention(x)
            q, k, v = self.heads_of(self.q(h)), self.heads_of(self.k(h)), self.heads_of(self.v(h))
            if preset:
                q, k = (functional.rms_norm(turn(part, cos, sin), (size,), eps=1e-6).to(v.dtype) for part in (q, k))
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.o(mixed.transpose(1, 2).reshape(x.shape))
            h = self.up(self.before_inner(x))
            return x + self.down(functional.relu(h).square() if preset else functional.gelu(h))

    def turn(x, cos, sin):
        left, right = x.chunk(2, -1)
        return torch.cat((left * cos + right * sin, right * cos - left * sin), -1)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(case["vocabulary"], width)
            self.places = None if preset else nn.Embedding(case["sequence"], width)
            self.blocks = nn.ModuleList(Block() for _ in range(case["layers"]))
            self.last = norm()
            self.head = linear(width, case["vocabulary"]) if preset else None
            angles = torch.outer(torch.arange(case["sequence"]), 10000.0 ** (torch.arange(size // 2) / -(size // 2)))
            self.register_buffer("cos", angles.cos())
            self.register_buffer("sin", angles.sin())

        def forward(self, ids):
            x = self.tokens(ids)
            x = functional.rms_norm(x, (width,), eps=1e-6) if preset else x + self.places.weight
            for block in self.blocks:
                x = block(x, self.cos, self.sin)
            x = self.last(x)
            logits = self.head(x) if preset else functional.linear(x, self.tokens.weight)
            return functional.cross_entropy(logits[:, :-1].reshape(-1, case["vocabulary"]).float(), ids[:, 1:].reshape(-1))

    return Model()


def measure(torch, case, device, precision, compiled, repetitions):
    """Median and least milliseconds of a step, and the most memory that PyTorch's allocator held."""
    torch.manual_seed(1)
    on_gpu = device == "cuda"
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    model = build(torch, case).to(device)
    run = torch.compile(model) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.999), weight_decay=0.01, fused=on_gpu)
    batches = [torch.randint(case["vocabulary"], (case["batch"], case["sequence"]), device=device) for _ in range(4)]

    def step(number):
        for _ in range(case["microBatches"]):
            with torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bf16"):
                loss = run(batches[number % len(batches)]) / case["microBatches"]
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def wait():
        if on_gpu:
            torch.cuda.synchronize()

    for number in range(5):
        step(number)
    wait()
    times = []
    for number in range(repetitions):
        began = time.perf_counter()
        step(number)
        wait()
        times.append((time.perf_counter() - began) * 1000)
    median = statistics.median(times)
    tokens = case["batch"] * case["sequence"] * case["microBatches"]
    return {
        "case": case["name"], "precision": precision, "compiled": compiled, "milliseconds": median, "leastMilliseconds": min(times),
        "tokensPerSecond": tokens / median * 1000, "memoryMiB": torch.cuda.max_memory_allocated() / 2**20 if on_gpu else None,
    }


def main():
    given = arguments()
    try:
        import torch
    except ImportError as error:
        finish(given.out, {"skipped": f"PyTorch is not there ({error})"}, 3)
    if given.device == "cuda" and not torch.cuda.is_available():
        finish(given.out, {"skipped": "PyTorch finds no GPU"}, 3)
    torch.set_float32_matmul_precision("high")
    cases = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))[given.cases]
    results, not_run, began, failed = [], [], time.monotonic(), False
    for case in cases:
        for precision in ("bf16", "tf32"):
            for compiled in (True, False):
                what = f"{case['name']}, {precision}, {'compiled' if compiled else 'eager'}"
                if time.monotonic() - began > given.seconds:
                    not_run.append(what)
                    continue
                try:
                    results.append(measure(torch, case, given.device, precision, compiled, given.repetitions))
                    print(f"{what}: {results[-1]['milliseconds']:.2f} ms", flush=True)
                except Exception as error:  # a configuration that fails is a result, the others are still wanted
                    failed = True
                    results.append({"case": case["name"], "precision": precision, "compiled": compiled, "failed": str(error).splitlines()[0]})
                    print(f"{what}: failed, {results[-1]['failed']}", flush=True)
    name = torch.cuda.get_device_name() if given.device == "cuda" else "cpu"
    finish(given.out, {"torch": torch.__version__, "device": name, "results": results, "notRun": not_run}, 1 if failed else 0)


if __name__ == "__main__":
    main()
