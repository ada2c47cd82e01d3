using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;

namespace Glossa.Models.Steps;

/// <summary>What a stored step says about itself in its metadata.</summary>
public static class StepMetadata
{
    /// <summary>Key of the loss's name.</summary>
    public const string LossKey = "loss";

    /// <summary>Key of the version of the library that wrote the step.</summary>
    public const string VersionKey = "glossa.version";

    /// <summary>
    /// Key of a parameter's twins: other initializers of the original graph that hold its values. <c>^T</c> behind a name marks a transposed one, <c>^(0,2,1)</c> another
    /// order of the axes.
    /// </summary>
    public static string TwinsKey(string parameter) => "tied." + parameter;

    internal static void Write(ModelProto model, StepOptions options, IEnumerable<ImportedParameter> parameters)
    {
        Set(model, LossKey, LossNames.Of(options.Loss));
        Set(model, VersionKey, typeof(StepMetadata).Assembly.GetName().Version?.ToString(3) ?? "");
        foreach (ImportedParameter parameter in parameters.Where(parameter => parameter.Twins.Count > 0))
            Set(model, TwinsKey(parameter.Name), string.Join(", ", parameter.Twins.Select(Describe)));
    }

    /// <summary>Key of the inputs that a user feeds in a training model, one a line.</summary>
    public const string InputsKey = "inputs";

    /// <summary>Names the user's inputs.</summary>
    internal static void WriteInputs(ModelProto model, IEnumerable<string> inputs) => Set(model, InputsKey, string.Join('\n', inputs));

    private static string Describe(ParameterTwin twin) => twin.Permutation switch
    {
        null => twin.Name,
        [1, 0] => twin.Name + "^T",
        { } permutation => $"{twin.Name}^({string.Join(',', permutation)})",
    };

    private static void Set(ModelProto model, string key, string value)
    {
        StringStringEntryProto? entry = model.MetadataProps.FirstOrDefault(property => property.Key == key);
        if (entry is null) model.MetadataProps.Add(entry = new StringStringEntryProto { Key = key });
        entry.Value = value;
    }
}
