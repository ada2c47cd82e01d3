using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
using Glossa.Models.Optimization.HalfPrecision;
using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Import;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Optimization;

/// <summary>Graphs of real exporters in float16; skipped where the fixtures are not beside the repository.</summary>
[TestFixture]
public sealed class HalfPrecisionTests
{
    private static IEnumerable<string> Names => ExportedFixture.Names;

    [TestCaseSource(nameof(Names))]
    public void Convert_ExportedGraph_StaysCloseWithFewCasts(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        ModelProto model = GraphOptimizer.Optimize(fixture.AsExported()).Model;
        HalfResult result = HalfPrecision.Convert(model);
        int casts = result.Model.Graph.Node.Count(n => n.OpType == "Cast") - model.Graph.Node.Count(n => n.OpType == "Cast");
        TestContext.Out.WriteLine($"{name}: {casts} casts more, {result.KeptFloat.Count} nodes kept");
        string[] outputs = [.. model.Graph.Output.Select(o => o.Name)];
        long opset = OperatorSets.Version(model.OpsetImport)!.Value;
        IReadOnlyDictionary<string, DoubleTensor> before = RuntimeEvaluator.Run(model.Graph, fixture.Inputs, outputs, opset);
        IReadOnlyDictionary<string, DoubleTensor> after = RuntimeEvaluator.Run(result.Model.Graph, fixture.Inputs, outputs, opset);
        foreach (string output in outputs)
        {
            (double[] a, double[] b) = RealPositions.Of(fixture, name, before[output], after[output]);
            double error = Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / a.Sum(x => x * x));
            Assert.That(error, Is.LessThan(5e-3), output);
        }
        Assert.That(result.Model.Graph.Initializer.Where(t => t.DataType == (int)DataType.Float && t.Dims.Count > 1 && OnnxFactory.ElementCount(t) > 256 && !t.Name.Contains("relative_attention_bias")).Select(t => t.Name), Is.Empty);
        Assert.That(casts, Is.LessThan(24));
        Assert.That(result.Model.Graph.Input.Concat(result.Model.Graph.Output), Is.EqualTo(model.Graph.Input.Concat(model.Graph.Output)));
    }
}
