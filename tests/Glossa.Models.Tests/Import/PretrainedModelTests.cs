using Glossa.Models.Import;
using Glossa.Models.Onnx;
using NUnit.Framework;

namespace Glossa.Models.Tests.Import;

/// <summary>Real pretrained encoders; skipped where they are not beside the repository.</summary>
[TestFixture]
public sealed class PretrainedModelTests
{
    [TestCase("minilm", 37)]
    [TestCase("minilm-full", 101)]
    public void Parameters_AreAllWeights(string name, int count)
    {
        ImportedModel model = Read(name);
        Print(model);
        string[] parameters = [.. model.Parameters.Select(p => p.Name)];
        Assert.That(parameters, Has.Length.EqualTo(count));
        Assert.That(model.Parameters.SelectMany(p => p.Twins), Is.Empty);
    }

    [Test]
    public void Parameters_OfQuantizedEncoder_AreDequantized()
    {
        ImportedModel model = Read("e5-multilingual-small-q4");
        Print(model);
        Assert.That(model.Forward.Graph.Node.Any(n => n.OpType == "DequantizeLinear"), Is.False);
        Assert.That(model.Parameters.Count(p => p.Source is { QuantizedNode: not null }), Is.EqualTo(73));
    }

    private static void Print(ImportedModel model)
    {
        TestContext.Out.WriteLine($"{model.Original.Graph.Node.Count} nodes, imported {model.Forward.Graph.Node.Count}; {string.Join(" | ", model.Notes)}");
        HashSet<string> names = [.. model.Parameters.Select(p => p.Name)];
        foreach (TensorProto t in model.Forward.Graph.Initializer.Where(t => t.DataType == 1 && !names.Contains(t.Name) && t.Dims.Count > 0)) TestContext.Out.WriteLine($"constant {t.Name} [{string.Join(",", t.Dims)}]");
        foreach (ImportedParameter p in model.Parameters) TestContext.Out.WriteLine($"{p.Name} [{string.Join(",", p.Shape)}] {string.Join(";", p.Twins)}");
    }

    private static ImportedModel Read(string name)
    {
        if (ExportedFixture.Fixtures(name) is not { } folder)
        {
            Assert.Ignore($"shared/fixtures/{name} is not there");
            throw new InvalidOperationException();
        }
        return ModelImport.Read(Path.Combine(folder, "onnx", "model.onnx"), new ImportOptions());
    }
}
