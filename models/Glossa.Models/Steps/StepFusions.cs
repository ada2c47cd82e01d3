using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Steps;

/// <summary>Rewrites of a training step into fewer passes over memory; each leaves the mathematics as it is.</summary>
internal static class StepFusions
{
    public static void Apply(GraphProto graph)
    {
        TransposedOperands.Apply(graph);
        GraphCleaning.DropUnread(graph);
        SoftmaxGradient.Apply(graph);
        GraphCleaning.DropUnread(graph);
        SquaredReluGradient.Apply(graph);
        GraphCleaning.DropUnread(graph);
    }
}
