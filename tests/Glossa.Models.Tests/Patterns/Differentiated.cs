using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;
using Glossa.Models.Tests.Evaluation;

namespace Glossa.Models.Tests.Patterns;

/// <summary>A forward graph with the gradient of a random combination of its float outputs, as it is or after the patterns.</summary>
internal sealed class Differentiated
{
    private readonly Dictionary<string, DoubleTensor> _feeds;
    private readonly IReadOnlyDictionary<string, Value> _gradients;
    private readonly string[] _outputs;

    private Differentiated(GraphProto graph, IReadOnlyDictionary<string, DoubleTensor> feeds, IReadOnlyDictionary<string, DoubleTensor> seeds, string[] targets)
    {
        Graph = graph;
        _feeds = new Dictionary<string, DoubleTensor>(feeds);
        _outputs = [.. graph.Output.Select(o => o.Name)];
        ShapeMap shapes = ShapeMap.Infer(graph);
        GraphBuilder g = new(graph);
        Dictionary<string, Value> seedInputs = [];
        foreach ((string output, DoubleTensor seed) in seeds)
        {
            seedInputs[output] = g.Input("seed." + output, seed.Type, [.. seed.Shape.Select((_, i) => (object)$"seed.{output}.{i}")]);
            _feeds["seed." + output] = seed;
        }
        _gradients = ReverseMode.Differentiate(g, seedInputs, targets, shapes);
    }

    public GraphProto Graph { get; }

    /// <summary>The graph with and without patterns over the same seeds, and what the patterns counted.</summary>
    public static (Differentiated Plain, Differentiated Rewritten, PatternCounts Counts) Both(
        GraphProto forward, IReadOnlyDictionary<string, DoubleTensor> feeds, string[] targets, Func<GraphProto, string[], IReadOnlyDictionary<string, DoubleTensor>> run)
    {
        GraphProto rewritten = forward.Clone();
        PatternCounts counts = ForwardPatterns.Apply(rewritten, targets.ToHashSet());
        SeededRandom random = new(17);
        Dictionary<string, DoubleTensor> seeds = run(forward, [.. forward.Output.Select(o => o.Name)]).Where(o => o.Value.IsFloating)
            .ToDictionary(o => o.Key, o => o.Value.Map(_ => (float)random.NextNormal()));
        return (new Differentiated(forward.Clone(), feeds, seeds, targets), new Differentiated(rewritten, feeds, seeds, targets), counts);
    }

    /// <summary>Outputs and gradients, the latter as <c>grad.NAME</c>.</summary>
    public Dictionary<string, DoubleTensor> Run(Func<GraphProto, Dictionary<string, DoubleTensor>, string[], IReadOnlyDictionary<string, DoubleTensor>> evaluate)
    {
        string[] wanted = [.. _outputs.Concat(_gradients.Values.Select(v => v.Name)).Distinct()];
        IReadOnlyDictionary<string, DoubleTensor> run = evaluate(Graph, _feeds, wanted);
        Dictionary<string, DoubleTensor> results = _outputs.ToDictionary(o => o, o => run[o]);
        foreach ((string target, Value gradient) in _gradients) results["grad." + target] = run[gradient.Name];
        return results;
    }

    /// <summary>One line for each result that differs by more than <paramref name="tolerance"/> of its largest element.</summary>
    public static List<string> Compare(Dictionary<string, DoubleTensor> expected, Dictionary<string, DoubleTensor> actual, double tolerance)
    {
        List<string> wrong = [.. expected.Keys.Except(actual.Keys).Select(name => name + ": missing")];
        foreach ((string name, DoubleTensor value) in expected.Where(e => actual.ContainsKey(e.Key)))
        {
            DoubleTensor other = actual[name];
            if (!value.Shape.SequenceEqual(other.Shape))
            {
                wrong.Add($"{name}: [{string.Join(", ", value.Shape)}] became [{string.Join(", ", other.Shape)}]");
                continue;
            }
            double largest = value.Data.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
            double worst = value.Data.Zip(other.Data, (a, b) => a.Equals(b) ? 0 : Math.Abs(a - b)).DefaultIfEmpty(0).Max();
            if (!(worst <= (tolerance * largest) + (tolerance * 1e-2))) wrong.Add($"{name}: off by {worst:G3} of {largest:G3}");
        }
        return wrong;
    }
}
