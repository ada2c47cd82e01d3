using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Import;

/// <summary>Infers the shapes of a graph that nobody has checked.</summary>
internal static class ShapeInference
{
    /// <summary>The shapes of a graph.</summary>
    /// <exception cref="InputException">An operator's attributes, inputs and shapes contradict each other.</exception>
    internal static ShapeMap Infer(GraphProto graph) => Guarded(() => ShapeMap.Infer(graph));

    /// <summary>Runs a pass over shapes that takes the graph to be a valid one.</summary>
    /// <exception cref="InputException">The graph turns out not to be.</exception>
    internal static T Guarded<T>(Func<T> pass)
    {
        try
        {
            return pass();
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or OverflowException or DivideByZeroException or KeyNotFoundException
            or InvalidOperationException or NullReferenceException or OutOfMemoryException)
        {
            throw new InputException($"the shapes, axes or attributes of the graph contradict each other ({e.Message.TrimEnd('.')})", fix: "the file is damaged, or its exporter made a mistake: export it again", inner: e);
        }
    }
}
