using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.OrtTraining;

/// <summary>The optimizer model: one node over all parameters, behind a second one that clips their gradients where asked for.</summary>
internal static class OptimizerModel
{
    private const string Flag = "updated", Clipped = "gradients.clipped", Producer = "glossa";
    private const string LearningRate = "learning_rate", Step = "step", Parameters = "params", Gradients = "gradients", First = "first_order_moments", Second = "second_order_moments";

    /// <summary>Writes it.</summary>
    /// <param name="optimizer">Its settings.</param>
    /// <param name="operatorSet">The version of the standard operators to name; the model has none of them.</param>
    public static ModelProto From(ArtifactOptimizer optimizer, long operatorSet)
    {
        bool adam = optimizer.Kind == ArtifactOptimizerKind.AdamW;
        GraphProto graph = new() { Name = "optimizer" };
        graph.Input.Add(OnnxFactory.ValueInfo(LearningRate, DataType.Float, 1));
        graph.Input.Add(OnnxFactory.ValueInfo(Step, DataType.Int64, 1));
        foreach (string name in adam ? [Parameters, Gradients, First, Second] : (string[])[Parameters, Gradients, First]) graph.Input.Add(Sequence(name));
        string gradients = Gradients;
        if (optimizer.Clip is { } clip)
        {
            graph.Node.Add(Node("InplaceClipGradNorm", [Gradients], Clipped, OnnxFactory.Attribute("max_norm", clip)));
            graph.ValueInfo.Add(Sequence(Clipped));
            gradients = Clipped;
        }
        graph.Node.Add(adam
            ? Node("AdamWOptimizer", [LearningRate, Step, Parameters, gradients, First, Second], Flag, Settings(optimizer))
            : Node("SGDOptimizerV2", [LearningRate, Parameters, gradients], Flag));
        // The WebAssembly build infers a scalar for SGD and refuses another shape; the native one takes both.
        graph.Output.Add(adam ? OnnxFactory.ValueInfo(Flag, DataType.Bool, 1) : OnnxFactory.ValueInfo(Flag, DataType.Bool));
        return new ModelProto
        {
            IrVersion = 10,
            ProducerName = Producer,
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Domain = RuntimeOperators.Microsoft, Version = 1 }, new OperatorSetIdProto { Version = operatorSet } },
        };
    }

    private static AttributeProto[] Settings(ArtifactOptimizer optimizer) =>
    [
        OnnxFactory.Attribute("adam_mode", (long)optimizer.Mode),
        OnnxFactory.Attribute("alpha", optimizer.Beta1),
        OnnxFactory.Attribute("beta", optimizer.Beta2),
        OnnxFactory.Attribute("correct_bias", optimizer.CorrectBias ? 1L : 0),
        OnnxFactory.Attribute("epsilon", optimizer.Epsilon),
        OnnxFactory.Attribute("weight_decay", optimizer.WeightDecay),
    ];

    private static NodeProto Node(string type, string[] inputs, string output, params AttributeProto[] attributes) =>
        new() { OpType = type, Domain = RuntimeOperators.Microsoft, Name = type, Input = { inputs }, Output = { output }, Attribute = { attributes } };

    private static ValueInfoProto Sequence(string name) => new()
    {
        Name = name,
        Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } } } },
    };
}
