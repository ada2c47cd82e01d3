using System.Text.Json;
using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Gradients;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Tests.Evaluation;
using Google.Protobuf;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>Graphs of real exporters, imported and differentiated, against what PyTorch says of them.</summary>
[TestFixture]
public sealed class ExportedModelTests
{
    private static IEnumerable<string> Names => ExportedFixture.Names;

    [TestCaseSource(nameof(Names))]
    public void Parameters_AreThoseOfPyTorch(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        string[] found = [.. fixture.Model.Parameters.SelectMany(p => p.Twins.Select(t => t.Name).Prepend(p.Name)).Order(StringComparer.Ordinal)];
        string[] expected = [.. fixture.Parameters.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)];
        Assert.That(found, Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(Names))]
    public void Ties_AreThoseOfPyTorch(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        string[] found = [.. fixture.Model.Parameters.SelectMany(p => p.Twins.Select(t => $"{t.Name} = {p.Name}, transposed {t.Permutation is not null}"))];
        Dictionary<string, JsonElement> parameters = fixture.Parameters.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        HashSet<string> seen = [];
        List<string> expected = [];
        foreach (ImportedParameter parameter in fixture.Model.Parameters)
        {
            foreach (string twin in parameters[parameter.Name].GetProperty("tied_with").EnumerateArray().Select(e => e.GetString()!))
                expected.Add($"{twin} = {parameter.Name}, transposed {parameters[twin].GetProperty("transposed").GetBoolean() != parameters[parameter.Name].GetProperty("transposed").GetBoolean()}");
        }
        Assert.That(found, Is.EquivalentTo(expected));
    }

    [TestCaseSource(nameof(Names))]
    public void Outputs_MatchPyTorch(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        DoubleTensor output = RuntimeEvaluator.Run(fixture.Graph, fixture.Inputs, [fixture.MainOutput], fixture.Opset)[fixture.MainOutput];
        DoubleTensor expected = fixture.Expected(fixture.MainOutput);
        // Under left padding no label counts where the outputs differ; the gradients are compared there.
        if (!name.StartsWith("qwen2-leftpad", StringComparison.Ordinal))
            Assert.That(output.Data.Zip(expected.Data, (a, b) => Math.Abs(a - b)).Max(), Is.LessThan(1e-4));
        Assert.That(output.Shape, Is.EqualTo(expected.Shape));
    }

    [TestCaseSource(nameof(Names))]
    public void Gradients_MatchPyTorch(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        DoubleTensor output = RuntimeEvaluator.Run(fixture.Graph, fixture.Inputs, [fixture.MainOutput], fixture.Opset)[fixture.MainOutput];
        ModelProto forward = fixture.Model.Forward.Clone();
        GraphBuilder g = new(forward.Graph);
        Value seed = g.Input("seed.gradient", DataType.Float, [.. output.Shape.Select((_, i) => (object)$"seed_{i}")]);
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(
            g, new Dictionary<string, Value> { [fixture.MainOutput] = seed }, [.. fixture.Model.Parameters.Select(p => p.Name)], ShapeMap.Infer(fixture.Model.Forward));
        Dictionary<string, DoubleTensor> feeds = new(fixture.Inputs) { [seed.Name] = fixture.OutputGradient(output) };
        string[] wanted = [.. gradients.Values.Select(v => v.Name).Distinct()];
        IReadOnlyDictionary<string, DoubleTensor> run = RuntimeEvaluator.Run(forward.Graph, feeds, wanted, fixture.Opset);
        Assert.That(fixture.Compare(gradients.ToDictionary(p => p.Key, p => run[p.Value.Name])), Is.Empty);
    }

    [TestCaseSource(nameof(Names))]
    public void WriteBack_UnchangedValues_GivesTheSameBytes(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        ModelProto written = TrainedWeights.WriteBack(fixture.Model, Values(fixture.Model, v => v));
        Assert.That(written.ToByteArray(), Is.EqualTo(fixture.Model.Original.ToByteArray()));
    }

    /// <summary>Folding and inlining change no bit: the file's own graph, repaired where it has to be, computes what the imported one does.</summary>
    [TestCaseSource(nameof(Names))]
    public void WriteBack_Repaired_ComputesTheSameBits(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        ModelProto written = TrainedWeights.WriteBack(fixture.Model, Values(fixture.Model, v => v), repair: true);
        DoubleTensor expected = RuntimeEvaluator.Run(fixture.Graph, fixture.Inputs, [fixture.MainOutput], fixture.Opset)[fixture.MainOutput];
        DoubleTensor actual = RuntimeEvaluator.Run(written.Graph, fixture.Inputs, [fixture.MainOutput], fixture.Opset)[fixture.MainOutput];
        Assert.That(actual.Data, Is.EqualTo(expected.Data));
        Assert.That(written.ToByteArray().SequenceEqual(fixture.Model.Original.ToByteArray()), Is.EqualTo(!fixture.Model.Notes.Any(n => n.StartsWith("repaired", StringComparison.Ordinal))));
    }

    /// <summary>The written graph computes what the trained forward graph computes.</summary>
    [TestCaseSource(nameof(Names))]
    public void WriteBack_ChangedValues_ReachEveryTwin(string name)
    {
        using ExportedFixture fixture = ExportedFixture.Open(name);
        Dictionary<string, ReadOnlyMemory<float>> values = Values(fixture.Model, v => v * 1.01f);
        ModelProto written = TrainedWeights.WriteBack(fixture.Model, values);
        ModelProto reread = ModelImport.Prepare(written, new ImportOptions()).Forward;
        GraphProto trained = fixture.Graph.Clone();
        foreach (TensorProto tensor in trained.Initializer.Where(t => values.ContainsKey(t.Name)))
            tensor.RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values[tensor.Name].Span));
        DoubleTensor expected = RuntimeEvaluator.Run(trained, fixture.Inputs, [fixture.MainOutput], fixture.Opset)[fixture.MainOutput];
        DoubleTensor actual = RuntimeEvaluator.Run(reread.Graph, fixture.Inputs, [fixture.MainOutput], fixture.Opset)[fixture.MainOutput];
        Assert.That(actual.Data, Is.EqualTo(expected.Data));
    }

    private static Dictionary<string, ReadOnlyMemory<float>> Values(ImportedModel model, Func<float, float> change)
    {
        Dictionary<string, TensorProto> initializers = model.Forward.Graph.Initializer.ToDictionary(t => t.Name);
        return model.Parameters.ToDictionary(p => p.Name, p => (ReadOnlyMemory<float>)Array.ConvertAll(OnnxFactory.Floats(initializers[p.Name]), v => change(v)));
    }
}
