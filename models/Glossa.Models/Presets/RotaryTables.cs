namespace Glossa.Models.Presets;

/// <summary>Cosines and sines of the rotary position embedding (Su et al., RoFormer, 2021).</summary>
internal static class RotaryTables
{
    /// <summary>cos and sin of position * theta^(-2i/size), each [positions, size / 2]; the sine negated for a clockwise turn.</summary>
    public static (float[] Cos, float[] Sin) Of(TransformerOptions options)
    {
        int half = options.HeadSize / 2;
        float[] cos = new float[options.Context * half], sin = new float[options.Context * half];
        for (int position = 0; position < options.Context; position++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = position * Math.Pow(options.RopeTheta, -2.0 * i / options.HeadSize);
                cos[position * half + i] = (float)Math.Cos(angle);
                sin[position * half + i] = (float)(options.ClockwiseRotary ? -Math.Sin(angle) : Math.Sin(angle));
            }
        }
        return (cos, sin);
    }
}
