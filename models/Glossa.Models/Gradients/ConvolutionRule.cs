using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Conv over any number of spatial axes, strided, dilated, grouped or depthwise.</summary>
internal static class ConvolutionRule
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Conv", Apply, restrictions: "kernel size known when the graph is built");
        rules.Add("ConvTranspose", Transposed, restrictions: "kernel size known when the graph is built; no auto_pad or output_shape");
    }

    private static void Apply(GradientContext c)
    {
        Window window = Window.Of(c);
        if (c.Wants(0)) c.Give(0, InputGradient(c, window));
        if (c.Wants(1)) c.Give(1, WeightGradient(c, window, Padded(c, window), c.Gradient));
        if (c.Wants(2)) c.Give(2, BiasGradient(c, window));
    }

    /// <summary>A transposed convolution is the gradient of a convolution, whose gradients are that convolution and its weight's gradient with the operands exchanged.</summary>
    private static void Transposed(GradientContext c)
    {
        if (c.Node.Find("output_shape") is not null || c.Node.AttributeText("auto_pad", "NOTSET") is not ("NOTSET" or "VALID"))
            throw c.Unsupported("auto_pad or output_shape", "write the pads as numbers");
        Window window = Window.Of(c);
        if (c.Wants(0))
        {
            c.Give(0, c.G.Op("Conv", [c.Gradient, c.Input(1)], null, "", [.. window.Attributes, OnnxFactory.Attribute("pads", window.Pads!), OnnxFactory.Attribute("group", window.Groups)]));
        }
        if (c.Wants(1)) c.Give(1, WeightGradient(c, window, c.Gradient, c.Input(0)));
        if (c.Wants(2)) c.Give(2, BiasGradient(c, window));
    }

    private static Value BiasGradient(GradientContext c, Window window) =>
        c.G.ReduceSum(c.Gradient, [0, .. Enumerable.Range(2, window.Sizes.Length).Select(i => (long)i)], false);

    /// <summary>
    /// How a kernel moves over its input. <c>Pads</c> is what is put before each axis and then behind each; null where the graph computes it from the input's size.
    /// </summary>
    private sealed record Window(long[] Sizes, long[] Strides, long[] Dilations, long[]? Pads, long Groups)
    {
        internal AttributeProto[] Attributes => [OnnxFactory.Attribute("strides", Strides), OnnxFactory.Attribute("dilations", Dilations)];

        internal static Window Of(GradientContext c)
        {
            if (c.ShapeOf(c.Input(1)) is not { } kernel || kernel.Skip(2).Any(d => !d.IsConstant))
                throw c.Unsupported("a kernel of unknown size", "declare the shape of its weight");
            long[] sizes = [.. kernel.Skip(2).Select(d => d.Value)], ones = [.. sizes.Select(_ => 1L)];
            long[]? pads = c.Node.AttributeText("auto_pad", "NOTSET") switch
            {
                "NOTSET" => c.Node.AttributeInts("pads") ?? new long[2 * sizes.Length],
                "VALID" => new long[2 * sizes.Length],
                _ => null,
            };
            return new Window(sizes, c.Node.AttributeInts("strides") ?? ones, c.Node.AttributeInts("dilations") ?? ones, pads, c.Node.AttributeInt("group", 1));
        }

        /// <summary>The padding before and behind the spatial axes, each int64[axes].</summary>
        internal (Value Before, Value After) PadValues(GradientContext c)
        {
            GraphBuilder g = c.G;
            if (Pads is { } known) return (g.Ints(known[..Sizes.Length]), g.Ints(known[Sizes.Length..]));
            // SAME: as many places as strides fit, the missing elements split between both ends.
            Value size = g.Op("Slice", [g.Shape(c.Input(0)), g.Ints(2), g.Ints(long.MaxValue)]), stride = g.Ints(Strides), one = g.Ints(1);
            Value places = g.Div(g.Add(size, g.Sub(stride, one)), stride);
            Value reach = g.Add(g.Mul(g.Sub(places, one), stride), g.Ints([.. Sizes.Select((s, i) => ((s - 1) * Dilations[i]) + 1)]));
            Value total = g.Op("Max", [g.Sub(reach, size), g.Ints(0)]), less = g.Div(total, g.Ints(2)), more = g.Sub(total, less);
            return c.Node.AttributeText("auto_pad", "") == "SAME_UPPER" ? (less, more) : (more, less);
        }
    }

    /// <summary>The input with the padding that the graph computes; padding by numbers is left to the convolution.</summary>
    private static Value Padded(GradientContext c, Window window)
    {
        if (window.Pads is not null) return c.Input(0);
        (Value before, Value after) = window.PadValues(c);
        return c.G.Op("Pad", [c.Input(0), c.G.Concat([c.G.Ints(0, 0), before, c.G.Ints(0, 0), after], 0)]);
    }

    /// <summary>The transposed convolution without padding, then cut (or filled up with zeros) to the input's size.</summary>
    private static Value InputGradient(GradientContext c, Window window)
    {
        GraphBuilder g = c.G;
        Value full = g.Op("ConvTranspose", [c.Gradient, c.Input(1)], null, "", [.. window.Attributes, OnnxFactory.Attribute("group", window.Groups)]);
        Value before = window.Pads is { } pads
            ? g.Ints([0, 0, .. pads.Take(window.Sizes.Length).Select(p => -p)])
            : g.Concat([g.Ints(0, 0), g.Neg(window.PadValues(c).Before)], 0);
        Value after = g.Sub(g.Sub(ShapeRules.ShapeValue(c, c.Input(0)), g.Shape(full)), before);
        return g.Op("Pad", [full, g.Concat([before, after], 0)]);
    }

    /// <summary>
    /// The convolution of the input with the gradient, batch and channels changing places, strides and dilations too;
    /// [B, groups C, ...] is read as [C, groups B, ...].
    /// </summary>
    private static Value WeightGradient(GradientContext c, Window window, Value x, Value gradient)
    {
        GraphBuilder g = c.G;
        int spatial = window.Sizes.Length;
        long groups = window.Groups;
        long[] rest = MatrixRules.LongRange(spatial);
        if (groups == 1) x = g.Transpose(x, [1, 0, .. rest.Select(i => i + 2)]);
        else
        {
            Value shape = g.Shape(x), places = g.Op("Slice", [shape, g.Ints(2), g.Ints(long.MaxValue)]);
            Value channels = ShapeRules.Size(c, c.Input(1), 1);
            Value parted = g.Reshape(x, g.Concat([ShapeRules.Size(c, x, 0), g.Ints(groups), channels, places], 0));
            Value turned = g.Transpose(parted, [2, 1, 0, .. rest.Select(i => i + 3)]);
            x = g.Reshape(turned, g.Concat([channels, g.Ints(-1), places], 0));
        }
        Value kernel = g.Transpose(gradient, [1, 0, .. rest.Select(i => i + 2)]);
        Value product = g.Op("Conv", [x, kernel], null, "",
            OnnxFactory.Attribute("strides", window.Dilations), OnnxFactory.Attribute("dilations", window.Strides), OnnxFactory.Attribute("pads", window.Pads ?? new long[2 * spatial]), OnnxFactory.Attribute("group", groups));
        // Where the stride leaves a rest at the end, the product has more places than the kernel.
        Value cut = g.Op("Slice", [product, g.Ints(new long[spatial]), g.Ints(window.Sizes), g.Ints([.. rest.Select(i => i + 2)])]);
        return g.Transpose(cut, [1, 0, .. rest.Select(i => i + 2)]);
    }
}
