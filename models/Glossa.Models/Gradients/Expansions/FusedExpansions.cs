using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients.Expansions;

/// <summary>What ONNX Runtime's optimizer fuses around products, biases and embeddings.</summary>
internal static class FusedExpansions
{
    internal static void AddTo(ExpansionCollector expansions)
    {
        Add("FusedGemm", c => Activated(c, c.G.Op("Gemm", [.. Enumerable.Range(0, c.Node.Input.Count).Select(c.Input)], null, "", Only(c, "alpha", "beta", "transA", "transB"))));
        Add("FusedConv", FusedConv);
        Add("GemmFastGelu", c => c.Return(0, c.G.Op("FastGelu", c.Has(2) ? [c.G.MatMul(c.Input(0), c.Input(1)), c.Input(2)] : [c.G.MatMul(c.Input(0), c.Input(1))], null, GradientRules.Microsoft)));
        Add("TransposeMatMul", c => c.Return(0, c.G.Op("FusedMatMul", [c.Input(0), c.Input(1)], null, GradientRules.Microsoft, Only(c, "alpha", "transA", "transB"))));
        Add("BiasAdd", c => c.Return(0, c.G.Add(c.G.Add(c.Input(0), c.Input(1)), c.Input(2))));
        Add("BiasSplitGelu", BiasSplitGelu);
        Add("BiasDropout", BiasDropout);
        Add("BiasSoftmax", BiasSoftmax, "softmax over the last axis");
        Add("Trilu", c => c.Return(0, c.G.Op("Trilu", c.Has(1) ? [c.Input(0), c.Input(1)] : [c.Input(0)], null, "", Only(c, "upper"))));
        Add("EmbedLayerNormalization", EmbedLayerNormalization);
        Add("RelativePositionBias", RelativePositionBias.Apply);

        void Add(string opType, Action<ExpansionContext> apply, string restrictions = "") => expansions.Add(opType, apply, restrictions, GradientRules.Microsoft);
    }

    private static AttributeProto[] Only(NodeContext c, params string[] names) => [.. c.Node.Attribute.Where(a => names.Contains(a.Name)).Select(a => a.Clone())];

    /// <summary>The activation that a fused operator names, with its parameters.</summary>
    private static void Activated(ExpansionContext c, Value value)
    {
        string activation = c.Node.AttributeText("activation", "");
        List<AttributeProto> attributes = [];
        float[] parameters = c.Node.Find("activation_params") is { } given ? [.. given.Floats] : [];
        if (activation == "Clip")
        {
            c.Return(0, c.G.Op("Clip", [value, c.Scalar(parameters[0]), c.Scalar(parameters[1])]));
            return;
        }
        foreach ((string name, int place) in ((string, int)[])[("alpha", 0), ("beta", 1), ("gamma", 1)])
        {
            if (c.Node.Find("activation_" + name) is { } set) attributes.Add(OnnxFactory.Attribute(name, set.F));
            else if (place < parameters.Length && name != "gamma") attributes.Add(OnnxFactory.Attribute(name, parameters[place]));
        }
        c.Return(0, activation.Length == 0 ? value : c.G.Op(activation, [value], null, "", [.. attributes]));
    }

    private static void FusedConv(ExpansionContext c)
    {
        Value[] inputs = c.Has(2) ? [c.Input(0), c.Input(1), c.Input(2)] : [c.Input(0), c.Input(1)];
        Value product = c.G.Op("Conv", inputs, null, "", Only(c, "auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"));
        Activated(c, c.Has(3) ? c.G.Add(product, c.Input(3)) : product);
    }

    /// <summary>The first half of the last axis times GELU of the second.</summary>
    private static void BiasSplitGelu(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        Value sum = g.Add(c.Input(0), c.Input(1)), half = g.Div(g.Gather(g.Shape(c.Input(1)), g.Ints(-1)), g.Ints(2));
        Value first = g.Op("Slice", [sum, g.Ints(0), half, g.Ints(-1)]), second = g.Op("Slice", [sum, half, g.Ints(long.MaxValue), g.Ints(-1)]);
        c.Return(0, g.Mul(first, g.Op("Gelu", [second], null, GradientRules.Microsoft)));
    }

    private static void BiasDropout(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        List<Value> inputs = [g.Add(c.Input(0), c.Input(1))];
        if (c.Has(3) || c.Has(4)) inputs.Add(c.Input(3));
        if (c.Has(4)) inputs.Add(c.Input(4));
        Value[] kept = g.Ops("Dropout", [.. inputs], ["kept", "mask"], "", Only(c, "seed"));
        c.Return(0, c.Has(2) ? g.Add(kept[0], c.Input(2)) : kept[0]);
        c.Return(1, kept[1]);
    }

    private static void BiasSoftmax(ExpansionContext c)
    {
        int rank = c.RankOf(c.Input(0));
        if (NodeContext.Axis(c.Node.AttributeInt("axis", 1), rank) != rank - 1) throw c.Unsupported("a softmax over several axes", "export without this fusion");
        c.Return(0, c.G.Softmax(c.G.Add(c.Input(0), c.Input(1))));
    }

    /// <summary>The sum of word, position and segment embeddings, normalized; the second output counts each row's tokens.</summary>
    private static void EmbedLayerNormalization(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        Value ids = c.Input(0), words = g.Gather(c.Input(2), ids);
        Value positions = c.Has(8)
            ? g.Gather(c.Input(3), c.Input(8))
            : g.Op("Slice", [c.Input(3), g.Ints(0), g.Gather(g.Shape(ids), g.Ints(1)), g.Ints(0)]);
        Value sum = g.Add(words, positions);
        if (c.Has(1) && c.Has(4)) sum = g.Add(sum, g.Gather(c.Input(4), c.Input(1)));
        c.Return(0, g.Op("LayerNormalization", [sum, c.Input(5), c.Input(6)], null, "", OnnxFactory.Attribute("axis", -1L), OnnxFactory.Attribute("epsilon", c.Node.AttributeFloat("epsilon", 1e-12f))));
        c.Return(1, g.ReduceSum(g.Cast(c.Has(7) ? c.Input(7) : g.Sub(ids, ids), DataType.Int32), [1], false));
        c.Return(2, sum);
    }
}
