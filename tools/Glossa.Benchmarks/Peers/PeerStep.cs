using System.Globalization;
using Glossa.Models.Export;
using Glossa.Models.Steps;
using Glossa.Training.Safetensors;

namespace Glossa.Benchmarks.Peers;

/// <summary>
/// The training step against TorchSharp's, optimizer included: the same weights, batch and AdamW, every side in a process of its own, one step of each in turn. Losses and gradients have to
/// agree before anything is timed, and the losses of the steps as they are timed.
/// </summary>
internal static class PeerStep
{
    /// <summary>Largest difference of a loss, and of a gradient over its largest element, between two float32 sides.</summary>
    private const double Tolerance = 1e-4;

    public static Benchmark Benchmark { get; } = new("peer",
        "training steps against TorchSharp: models=gpt,preset,minilm minilm=FILE repetitions threads batch sequence layers width vocabulary sides=TEXT bf16=0|1 (1 where the processor has it) torch=PROJECT; profile=1 says instead where the time of Glossa's step goes", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        if (arguments.Text("serve") is { } served)
        {
            StepServer.Serve(() => new EngineSide(served, arguments.Number("micro", 4), arguments.Number("workers", 2)));
            return;
        }
        string? kept = arguments.Text("keep");
        string folder = kept is null ? Directory.CreateTempSubdirectory("glossa-peer").FullName : Directory.CreateDirectory(kept).FullName;
        try
        {
            findings.Line($"{Machine.Description}. TorchSharp 0.107 with libtorch 2.10; OMP_WAIT_POLICY=PASSIVE and KMP_BLOCKTIME=0, since its waiting threads would spin beside other work.");
            if (!Machine.HasBFloat16) findings.Line(TorchSides.WithBFloat16(arguments) ? "bfloat16 is emulated on this processor." : "Without the bfloat16 side, which this processor would emulate (`bf16=1` takes it in).");
            bool profile = arguments.Number("profile", 0) == 1;
            string peer = profile || kept is not null ? "" : TorchSides.Build(arguments);
            foreach (string model in (arguments.Text("models") ?? "gpt,preset,minilm").Split(','))
            {
                string of = Directory.CreateDirectory(Path.Combine(folder, model)).FullName;
                StepCase? made = model switch
                {
                    "gpt" => PeerCases.Gpt(of, arguments),
                    "preset" => PeerCases.Preset(of, arguments),
                    "minilm" => arguments.Text("minilm") is { } file ? PeerCases.Bert(of, file, arguments) : null,
                    _ => throw new InputException($"no model is called '{model}'", fix: "choose among gpt, preset, minilm"),
                };
                if (made is null) findings.Line($"MiniLM is left out: no minilm=FILE was given.");
                else if (profile) Profile(made, of, arguments, findings);
                else if (kept is null) Compare(made, of, peer, arguments, findings);
            }
        }
        finally
        {
            if (kept is null) Directory.Delete(folder, true);
        }
    }

    private static void Compare(StepCase model, string folder, string peer, BenchmarkArguments arguments, Findings findings)
    {
        int repetitions = arguments.Number("repetitions", 7);
        List<StepProcess> sides = [];
        try
        {
            foreach (SideStart start in TorchSides.Of(model, folder, peer, arguments)) sides.Add(start.Open());
            Agree(sides, folder, findings, model);
            for (int round = -2; round < repetitions; round++)
            {
                // Every other round goes the other way, so that what one leaves in the caches meets another.
                IEnumerable<StepProcess> order = round % 2 == 0 ? sides : Enumerable.Reverse(sides);
                Dictionary<string, double> losses = order.ToDictionary(side => side.Name, side => side.Step(counts: round >= 0).Loss);
                foreach (StepProcess side in sides.Skip(1).Where(side => !side.Name.Contains("bf16", StringComparison.Ordinal)))
                    RequireNear(losses[sides[0].Name], losses[side.Name], side.Name, $"loss of step {round + 3}");
            }
            Report(model, sides, findings);
        }
        finally
        {
            foreach (StepProcess side in sides) side.Dispose();
        }
    }

    private static void Profile(StepCase model, string folder, BenchmarkArguments arguments, Findings findings)
    {
        StepModel step = StepModel.Of(OnnxFile.Read(Path.Combine(folder, EngineSide.StepFile)));
        using SafetensorsReader weights = SafetensorsReader.Open(StepCase.WeightsFile(folder)), batch = SafetensorsReader.Open(StepCase.BatchFile(folder));
        int sequences = arguments.Number("micro", model.Architecture == Architecture.NanoChat ? 8 : 4);
        TokenBatch micro = new(sequences, model.Sequence, batch.Entries.ToDictionary(e => e.Name, e => batch.ReadInt64s(e.Name)[..(sequences * model.Sequence)]));
        findings.Line($"{model.Name}: {StepProfile.Census(step)}");
        findings.Line(StepProfile.Measure(step, step.Parameters.ToDictionary(p => p.Name, p => weights.ReadFloats(p.Name)), micro));
    }

    private static void Agree(List<StepProcess> sides, string folder, Findings findings, StepCase model)
    {
        List<string> files = [.. sides.Select((_, i) => Path.Combine(folder, $"gradients-{i}.safetensors"))];
        double[] losses = [.. sides.Select((side, i) => side.Gradients(files[i]))];
        double worst = 0, half = 0;
        for (int i = 1; i < sides.Count; i++)
        {
            double difference = GradientFiles.Difference(files[0], files[i]);
            bool isHalf = sides[i].Name.Contains("bf16", StringComparison.Ordinal);
            if (isHalf) half = Math.Max(half, difference);
            else worst = Math.Max(worst, difference);
            if (isHalf) continue;
            RequireNear(losses[0], losses[i], sides[i].Name, "first loss");
            if (!(difference <= Tolerance)) throw new WorkException($"a gradient of {sides[i].Name} differs by {difference:E1} of its largest element from Glossa's");
        }
        findings.Line($"**{model.Name}**: {model.Batch} x {model.Sequence} tokens a step, {model.Layers} layers, width {model.Width}; {model.Flops / 1e9:F0} GFLOP a step. First loss {losses[0]:F6} on Glossa's side; "
            + $"the first float32 gradients differ by at most {worst:E1} of the largest element{(half > 0 ? $", bf16 ones by {half:E1}" : "")}.");
    }

    private static void RequireNear(double ours, double theirs, string side, string what)
    {
        if (!(Math.Abs(ours - theirs) <= Tolerance * Math.Max(1, Math.Abs(ours)))) throw new WorkException(string.Create(CultureInfo.InvariantCulture, $"the {what} is {ours:F6} on Glossa's side and {theirs:F6} with {side}"));
    }

    private static void Report(StepCase model, List<StepProcess> sides, Findings findings)
    {
        List<StepTime> ours = sides[0].Times;
        findings.Table(["side", "median ms", "minimum ms", "processor ms", "GFLOP/s", "peak MiB", "time against Glossa", "processor against Glossa"],
            [.. sides.Select(side => (IReadOnlyList<string>)[
                side.Name,
                Text(side.Times.Select(t => t.Milliseconds).Median(), 0),
                Text(side.Times.Min(t => t.Milliseconds), 0),
                Text(side.Times.Select(t => t.ProcessorMilliseconds).Median(), 0),
                Text(model.Flops / side.Times.Min(t => t.Milliseconds) / 1e6, 0),
                Text(side.PeakMemory() >> 20, 0),
                Text(side.Times.Zip(ours, (a, b) => a.Milliseconds / b.Milliseconds).Median(), 2),
                Text(side.Times.Zip(ours, (a, b) => a.ProcessorMilliseconds / b.ProcessorMilliseconds).Median(), 2)])]);
    }

    public static string Text(double value, int decimals) => value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
