using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Quantization;
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
        string[] parameters = [.. model.Parameters.Select(p => p.Name)];
        Assert.That(parameters, Has.Length.EqualTo(count));
        Assert.That(model.Parameters.SelectMany(p => p.Twins), Is.Empty);
    }

    [Test]
    public void Parameters_OfQuantizedEncoder_AreDequantized()
    {
        ImportedModel model = Read("e5-multilingual-small-q4");
        Assert.That(model.Forward.Graph.Node.Any(n => n.OpType == "DequantizeLinear"), Is.False);
        // 5 of the embeddings, 16 of each of 12 layers.
        Assert.That(model.Parameters, Has.Count.EqualTo(5 + (16 * 12)));
        Assert.That(model.Parameters.Count(p => p.Source is { QuantizedNode: not null }), Is.EqualTo(73));
    }

    private static ImportedModel Read(string name)
    {
        if (Runtime.SharedFixture(name) is not { } folder)
        {
            Assert.Ignore($"shared/fixtures/{name} is not there");
            throw new InvalidOperationException();
        }
        return ModelImport.Read(Path.Combine(folder, "onnx", "model.onnx"), new ImportOptions());
    }
}
