namespace Glossa.Models.Presets;

/// <summary>How a parameter starts.</summary>
public enum ParameterInit
{
    /// <summary>Normal distribution with standard deviation <see cref="ParameterSpec.Scale"/>.</summary>
    Normal,

    /// <summary>All zeros.</summary>
    Zeros,

    /// <summary>All ones.</summary>
    Ones,
}

/// <summary>One trainable tensor of a preset.</summary>
/// <param name="Name">Initializer name: the published architecture's parameter name.</param>
/// <param name="Shape">Dimensions; matrices are stored [in, out] as MatMul reads them, embeddings [vocabulary, width].</param>
/// <param name="Init">How it starts.</param>
/// <param name="Scale">Standard deviation of a normal start.</param>
public sealed record ParameterSpec(string Name, long[] Shape, ParameterInit Init, float Scale = 0)
{
    /// <summary>Start values, from a random stream of their own that depends on the seed and the name alone.</summary>
    public float[] Initialize(ulong seed)
    {
        float[] values = new float[Shape.Aggregate(1L, (a, b) => a * b)];
        switch (Init)
        {
            case ParameterInit.Ones:
                values.AsSpan().Fill(1);
                break;
            case ParameterInit.Normal:
                SeededRandom random = new(seed, Convert.ToUInt64(ContentHash.OfText(Name)[..16], 16));
                for (int i = 0; i < values.Length; i++) values[i] = (float)(random.NextNormal() * Scale);
                break;
            default:
                break;
        }
        return values;
    }
}
