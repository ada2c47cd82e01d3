namespace Glossa.Data.Corpora;

/// <summary>The files that come with the program, found beside its binaries whatever the working directory.</summary>
public static class EmbeddedCorpora
{
    /// <summary>The Universal Declaration of Human Rights in 464 languages (CSV.gz: language, split, article, paragraph, text).</summary>
    /// <exception cref="InputException">The file is not beside the program.</exception>
    public static string UdhrPath => Locate("udhr.csv.gz");

    /// <summary>One row per language of the UDHR: name, script, family, place, speakers (CSV).</summary>
    /// <exception cref="InputException">The file is not beside the program.</exception>
    public static string LanguagesPath => Locate("languages.csv");

    private static string Locate(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "corpora", name);
        return File.Exists(path)
            ? path
            : throw new InputException("the file that comes with the program is missing", path, "install or build the program again");
    }
}
