namespace Glossa.Models.Patterns;

internal static class Rotary
{
    public static int Apply(PatternGraph graph) => 0;
}
