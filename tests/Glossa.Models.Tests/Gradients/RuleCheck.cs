using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Tests.Evaluation;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

/// <summary>
/// Holds a rule to its operator: the gradient in double against central differences of the forward graph, and the same graph in
/// float32 by ONNX Runtime against the gradient in double.
/// </summary>
internal static class RuleCheck
{
    private const double Step = 1e-6;

    internal static void Verify(RuleCase test, bool withRuntime)
    {
        GraphProto forward = test.G.Graph.Clone();
        DoubleEvaluator evaluator = new(forward);
        IReadOnlyDictionary<string, DoubleTensor> outputs = evaluator.Run(test.Feeds, test.Outputs);
        Dictionary<string, DoubleTensor> feeds = new(test.Feeds);
        Dictionary<string, Value> seeds = [];
        foreach (string output in test.Outputs.Where(o => outputs[o].IsFloating))
        {
            DoubleTensor seed = outputs[output].Map(_ => (float)test.Random.NextNormal());
            Value input = test.G.Input("seed." + output, seed.Type, [.. seed.Shape.Select((d, i) => (object)$"{output}_{i}")]);
            seeds[output] = input;
            feeds[input.Name] = seed;
        }
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(test.G, seeds, test.Targets, ShapeMap.Infer(forward));
        CheckShapes(test, forward, evaluator);
        string[] wanted = [.. test.Targets.Select(t => gradients.TryGetValue(t, out Value g) ? g.Name : throw new InvalidOperationException($"no gradient of {t}"))];
        IReadOnlyDictionary<string, DoubleTensor> computed = new DoubleEvaluator(test.G.Graph).Run(feeds, [.. wanted.Distinct()]);

        for (int i = 0; i < wanted.Length; i++) CheckDifferences(test, evaluator, feeds, seeds, test.Targets[i], computed[wanted[i]]);
        if (withRuntime && !test.WithoutKernel && !test.G.Graph.Node.Take(forward.Node.Count).SequenceEqual(forward.Node)) CheckForward(test, forward, outputs);
        if (withRuntime) CheckRuntime(test, feeds, [.. wanted.Distinct()], computed, outputs);
    }

    /// <summary>What the shape map says of the forward values holds: ranks and known sizes.</summary>
    private static void CheckShapes(RuleCase test, GraphProto forward, DoubleEvaluator evaluator)
    {
        ShapeMap shapes = ShapeMap.Infer(forward);
        string[] names = [.. forward.Node.SelectMany(n => n.Output).Where(o => shapes.Shape(o) is not null).Distinct()];
        foreach ((string name, DoubleTensor value) in evaluator.Run(test.Feeds, names))
        {
            IReadOnlyList<Dimension> shape = shapes.Shape(name)!;
            bool fits = shape.Count == value.Rank && !shape.Where((d, i) => d.IsConstant && d.Value != value.Shape[i]).Any();
            if (!fits) throw new InvalidOperationException($"{test}: {name} is inferred as [{string.Join(", ", shape)}] and has the shape [{string.Join(", ", value.Shape)}]");
            if (shapes.Type(name) is not DataType.Undefined && shapes.Type(name) != value.Type) throw new InvalidOperationException($"{test}: {name} is inferred as {shapes.Type(name)} and is {value.Type}");
        }
    }

    /// <summary>A composite operator was expanded: its own kernel agrees with the evaluator too.</summary>
    private static void CheckForward(RuleCase test, GraphProto forward, IReadOnlyDictionary<string, DoubleTensor> outputs)
    {
        IReadOnlyDictionary<string, DoubleTensor> run = RuntimeEvaluator.Run(forward, test.Feeds, [.. outputs.Keys], test.Opset);
        foreach ((string name, DoubleTensor value) in outputs) Compare(test.ToString(), name, run[name], value, 1e-4);
    }

    private static void CheckDifferences(
        RuleCase test, DoubleEvaluator evaluator, Dictionary<string, DoubleTensor> feeds, Dictionary<string, Value> seeds, string target, DoubleTensor gradient)
    {
        DoubleTensor x = feeds[target];
        if (!x.Shape.SequenceEqual(gradient.Shape))
            throw new InvalidOperationException($"gradient of {target} [{string.Join(",", x.Shape)}] has the shape [{string.Join(",", gradient.Shape)}]");
        double[] expected = new double[x.Data.Length];
        for (int i = 0; i < expected.Length; i++)
        {
            double kept = x.Data[i];
            x.Data[i] = kept + Step;
            double up = Objective();
            x.Data[i] = kept - Step;
            expected[i] = (up - Objective()) / (2 * Step);
            x.Data[i] = kept;
        }
        double scale = expected.Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (int i = 0; i < expected.Length; i++)
        {
            // Constants of the rules are float32: sums of cancelling terms keep 1e-7 of the terms.
            if (!(Math.Abs(expected[i] - gradient.Data[i]) <= (1e-6 * scale) + 1e-7))
                throw new InvalidOperationException($"{test}: gradient of {target}[{i}] is {gradient.Data[i]:R}, by differences {expected[i]:R}, largest {scale:R}");
        }

        double Objective()
        {
            IReadOnlyDictionary<string, DoubleTensor> y = evaluator.Run(feeds, [.. seeds.Keys]);
            double sum = 0;
            foreach ((string output, Value seed) in seeds)
            {
                double[] weights = feeds[seed.Name].Data, values = y[output].Data;
                for (int i = 0; i < values.Length; i++) sum += weights[i] * values[i];
            }
            return sum;
        }
    }

    private static void CheckRuntime(RuleCase test, Dictionary<string, DoubleTensor> feeds, string[] wanted, IReadOnlyDictionary<string, DoubleTensor> computed, IReadOnlyDictionary<string, DoubleTensor> outputs)
    {
        IReadOnlyDictionary<string, DoubleTensor> run = RuntimeEvaluator.Run(test.G.Graph, feeds, [.. wanted.Concat(outputs.Keys).Distinct()], test.Opset);
        foreach ((string name, DoubleTensor forward) in outputs) Compare(test.ToString(), name, run[name], forward, 1e-5);
        foreach (string name in wanted) Compare(test.ToString(), name, run[name], computed[name], test.FloatTolerance);
    }

    internal static void Compare(string test, string name, DoubleTensor actual, DoubleTensor expected, double tolerance)
    {
        if (!actual.Shape.SequenceEqual(expected.Shape))
            throw new InvalidOperationException($"{test}: {name} has the shape [{string.Join(",", actual.Shape)}] in ONNX Runtime, [{string.Join(",", expected.Shape)}] in the evaluator");
        double scale = expected.Data.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (int i = 0; i < expected.Data.Length; i++)
        {
            if (actual.Data[i].Equals(expected.Data[i])) continue;
            if (!(Math.Abs(actual.Data[i] - expected.Data[i]) <= tolerance * (scale + 0.1)))
                throw new InvalidOperationException($"{test}: {name}[{i}] is {actual.Data[i]:R} in ONNX Runtime, {expected.Data[i]:R} in double, largest {scale:R}");
        }
    }
}
