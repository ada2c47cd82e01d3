using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Import;
using NUnit.Framework;

namespace Glossa.Models.Tests.Shapes;

/// <summary>Shapes of graphs of real exporters, shape arithmetic and all; skipped where the fixtures are not beside the repository.</summary>
[TestFixture]
public sealed class ExportedShapeTests
{
    private static IEnumerable<string> Names => ExportedFixture.Names;

    /// <summary>What the shape map says of every value holds in a run, and every named size has one value.</summary>
    [TestCaseSource(nameof(Names))]
    public void Shapes_HoldInARun(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        ModelProto model = fixture.AsExported();
        ShapeMap shapes = ShapeMap.Infer(model);
        string[] values = [.. model.Graph.Node.SelectMany(n => n.Output).Where(o => o.Length > 0 && shapes.Shape(o) is not null).Distinct()];
        IReadOnlyDictionary<string, DoubleTensor> run = RuntimeEvaluator.Run(model.Graph, fixture.Inputs, values, fixture.Opset);
        Dictionary<string, long> sizes = [];
        foreach ((string input, DoubleTensor tensor) in fixture.Inputs) Bind(shapes.Shape(input)!, tensor.Shape);
        List<string> wrong = [];
        int known = 0, all = 0;
        foreach (string value in values)
        {
            IReadOnlyList<Dimension> shape = shapes.Shape(value)!;
            if (shape.Count != run[value].Rank)
            {
                wrong.Add($"{value}: [{string.Join(", ", shape)}] is [{string.Join(", ", run[value].Shape)}]");
                continue;
            }
            for (int i = 0; i < shape.Count; i++, all++)
            {
                if (shape[i].Evaluate(s => sizes.TryGetValue(s, out long size) ? size : null) is not { } expected) continue;
                known++;
                if (expected != run[value].Shape[i]) wrong.Add($"{value}: {shape[i]} is {run[value].Shape[i]}");
            }
            if (shapes.Contents(value) is { } contents)
            {
                for (int i = 0; i < contents.Count; i++)
                {
                    if (contents[i].Evaluate(s => sizes.TryGetValue(s, out long size) ? size : null) is { } content && content != run[value].Longs[i])
                        wrong.Add($"{value}[{i}]: {contents[i]} is {run[value].Data[i]}");
                }
            }
        }
        TestContext.Out.WriteLine($"{known} of {all} dimensions known, {values.Length} of {model.Graph.Node.Count} nodes");
        Assert.That(wrong, Is.Empty);

        void Bind(IReadOnlyList<Dimension> declared, int[] actual)
        {
            for (int i = 0; i < actual.Length; i++)
            {
                if (declared[i].Symbol is { } symbol) sizes.TryAdd(symbol, actual[i]);
            }
        }
    }
}
