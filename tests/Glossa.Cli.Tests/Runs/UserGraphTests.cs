using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Cli.Tests.Runs;

/// <summary><c>glossa run</c> on a graph of one's own.</summary>
[TestFixture]
public sealed class UserGraphTests
{
    private const int Rows = 1024, Width = 8;

    /// <summary>As exporters leave a tied head: the table, and its transposed copy. Training keeps them one, and the exported file keeps its names.</summary>
    [TestCase(0)]
    [TestCase(1)]
    public void Run_TiedGraph_StaysTied(int teachers)
    {
        using RunFixture fixture = new();
        OnnxFile.Write(fixture.At("own.onnx"), TiedModel());
        CommandOutcome outcome = fixture.Run("--set", "model={graph: " + fixture.At("own.onnx") + ", context: 64}", "--set", $"distillation.teachers={teachers}");
        Assert.That(outcome.Code, Is.Zero, outcome.Error);

        ModelProto trained = OnnxFile.Read(Path.Combine(fixture.Out, "model", "onnx", "model.onnx"));
        float[] table = Weights(trained, "embed.weight"), head = Weights(trained, "onnx::MatMul_9");
        Assert.Multiple(() =>
        {
            Assert.That(table, Is.Not.EqualTo(Weights(TiedModel(), "embed.weight")));
            Assert.That(head, Is.EqualTo(Transposed(table)));
            Assert.That(trained.Graph.Output.Select(o => o.Name), Is.EqualTo(new[] { "logits" }));
        });
    }

    private static ModelProto TiedModel()
    {
        SeededRandom random = new(3);
        float[] table = [.. Enumerable.Range(0, Rows * Width).Select(_ => 0.1f * (float)random.NextNormal())];
        ModelProto model = new() { IrVersion = 8, Graph = new GraphProto { Name = "own" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        GraphBuilder g = new(model.Graph);
        Value ids = g.Input("input_ids", DataType.Int64, "batch", "sequence");
        Value states = g.Gather(g.Initializer(OnnxFactory.Tensor("embed.weight", [Rows, Width], table)), ids, 0);
        g.Output(g.MatMul(states, g.Initializer(OnnxFactory.Tensor("onnx::MatMul_9", [Width, Rows], Transposed(table))), "logits"), DataType.Float, "batch", "sequence", Rows);
        return model;
    }

    private static float[] Transposed(float[] table) => [.. Enumerable.Range(0, Width).SelectMany(column => Enumerable.Range(0, Rows).Select(row => table[(row * Width) + column]))];

    private static float[] Weights(ModelProto model, string name) => OnnxFactory.Floats(model.Graph.Initializer.Single(i => i.Name == name));
}
