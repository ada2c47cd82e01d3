using Glossa.Models.Tests.Gradients;
using NUnit.Framework;

namespace Glossa.Models.Tests.Architectures;

/// <summary>
/// The hard parts of many architectures in small, spelled as exporters write them: the gradient of every parameter in double against differences, and the same
/// graph in ONNX Runtime; once with sizes known, once with dynamic axes.
/// </summary>
[TestFixture]
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, Action<Blocks>> Graphs = Collect();

    private static IEnumerable<string> Names => Graphs.Keys;

    [Test]
    public void Gradient_EveryParameter_MatchesDifferences([ValueSource(nameof(Names))] string name, [Values] bool dynamic)
    {
        RuleCase test = new(dynamic ? 1 : 2, dynamic) { Opset = 17, FloatTolerance = 1e-3 };
        Graphs[name](new Blocks(test));
        Assert.That(() => RuleCheck.Verify(test, true), Throws.Nothing);
    }

    private static Dictionary<string, Action<Blocks>> Collect()
    {
        Dictionary<string, Action<Blocks>> graphs = [];
        Encoders.AddTo(graphs);
        Decoders.AddTo(graphs);
        EncoderDecoders.AddTo(graphs);
        VisionModels.AddTo(graphs);
        return graphs;
    }
}
